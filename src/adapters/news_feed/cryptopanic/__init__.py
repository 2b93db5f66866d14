"""News of CryptoPanic's API: `access` is the way in, `feed` the plug, `posts` what comes back."""

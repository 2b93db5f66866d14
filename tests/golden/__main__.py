"""python -m tests.golden: write the golden files anew, to be looked at before they are kept."""

from tests.golden.slack_files import SLACK, files

if __name__ == "__main__":
    SLACK.mkdir(exist_ok=True)
    for old in SLACK.glob("*.json"):
        old.unlink()
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
    print(f"{len(files())} files in {SLACK}")

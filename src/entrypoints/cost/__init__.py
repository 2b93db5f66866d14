"""What a month on AWS costs, computed from the synthesized template. Floats: it is an estimate."""

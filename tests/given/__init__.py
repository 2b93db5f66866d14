"""What tests start from: values and events drawn by Hypothesis, and histories made by hand."""

"""Chapter SQA6: relationships are loaded on purpose."""

"""Chapter SQA3: one task, one session."""

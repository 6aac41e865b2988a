"""Chapter SQA4: entities stay inside the API boundary."""

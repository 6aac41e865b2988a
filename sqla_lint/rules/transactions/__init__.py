"""Chapter SQA2: the use case owns the transaction."""

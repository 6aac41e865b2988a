"""Chapter SQA8: mapped classes say what their tables do."""

"""Chapter SQA1: sessions are short-lived and have one owner."""

"""Chapter SQA7: queries that the database answers as they read."""

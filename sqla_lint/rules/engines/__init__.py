"""Chapter SQA5: engines and pools fit the deployment."""

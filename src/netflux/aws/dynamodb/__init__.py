"""DynamoDB, whose tables and items are a library's."""

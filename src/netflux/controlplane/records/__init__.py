"""State on disk: documents, typed tables of records, and the transactions that change them."""

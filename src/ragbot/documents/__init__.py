"""Files to documents, documents to statements, statements to passages."""

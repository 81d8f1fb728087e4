"""What people would use instead, on the same weights, documents and questions."""

"""One loader a format: bytes in, text with headings and pages out."""

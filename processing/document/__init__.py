"""The engagement plan as a document: its parts, its tables, and the page they make."""

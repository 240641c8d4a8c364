"""What speaks HTTP: the pages, the API, and what guards both."""

"""The browser and HTTP: the chat page for people, the same answers for programs."""

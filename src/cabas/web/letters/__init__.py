"""What people are told, in words: mails with their text and HTML sides, and notifications."""

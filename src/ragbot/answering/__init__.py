"""From passages to an answer whose every mark is a citation, or to a refusal."""

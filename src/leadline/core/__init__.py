"""What every room stands on: errors, declared constraints, catalogue entries, text. No third party."""

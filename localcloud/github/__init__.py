"""A stand-in for GitHub: sign-in with demo accounts, repositories from files, and webhooks."""

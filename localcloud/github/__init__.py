"""A stand-in for GitHub: signing in with demo accounts, and public repositories from files."""

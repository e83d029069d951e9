"""Whom one may pick as the owner of a workspace: every living person, found by parts of their name or address."""

"""Groups of an organization and who is in them; the Everyone group is the organization itself."""

"""Organizations: members, their roles, custom roles, sharing settings."""

"""Organizations, their members with stored roles, and their custom roles."""

"""Who may do what: permissions, roles, API-key scopes, access lists, and the policy that decides and filters by them."""

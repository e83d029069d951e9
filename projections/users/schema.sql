CREATE TABLE users (
  id uuid NOT NULL,
  username text NOT NULL,
  email text NOT NULL,
  name text NOT NULL,
  avatar_url text NOT NULL,
  status text NOT NULL,
  login_type text NOT NULL,
  is_service_account boolean NOT NULL,
  is_system boolean NOT NULL,
  deleted boolean NOT NULL,
  roles jsonb NOT NULL,
  settings jsonb NOT NULL,
  ssh_public_key text NOT NULL,
  ssh_key_updated_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  last_seen_at timestamptz,
  PRIMARY KEY (id)
);
-- A name or address resolved to its living holder.
CREATE INDEX users_username_idx ON users (lower(username)) WHERE NOT deleted AND username <> '';
CREATE INDEX users_email_idx ON users (lower(email)) WHERE NOT deleted AND email <> '';
-- Lists in the order of usernames, page by page.
CREATE INDEX users_order_idx ON users ((lower(username) COLLATE "C"), id) WHERE NOT deleted AND NOT is_system;
-- `status:`, in the same order; `role:`, where most people hold none. Parts of names: `available_users`.
CREATE INDEX users_status_idx ON users (status, (lower(username) COLLATE "C"), id) WHERE NOT deleted AND NOT is_system;
CREATE INDEX users_roles_idx ON users USING gin (roles) WHERE roles <> '[]';

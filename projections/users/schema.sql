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
-- `last_seen_…:`. Everything else that lists of people look for, and their order: `available_users`.
CREATE INDEX users_seen_idx ON users (last_seen_at, id) WHERE NOT deleted AND NOT is_system;

CREATE TABLE api_keys (
  id text NOT NULL,
  user_id uuid NOT NULL,
  login_type text NOT NULL,
  scopes jsonb NOT NULL,
  allow_list jsonb NOT NULL,
  token_name text NOT NULL,
  lifetime_seconds bigint NOT NULL,
  ip text NOT NULL,
  expires_at timestamptz NOT NULL,
  last_used_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (id)
);
-- The keys of a person; a token by its name.
CREATE INDEX api_keys_user_id_idx ON api_keys (user_id, token_name);

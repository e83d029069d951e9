-- All runs of one to three characters of a text. A substring search asks for rows that hold every run of the pattern, which
-- an index on this answers; the extension that would do the same is not in every PostgreSQL. The planner is told what it costs, so
-- that it joins two indexes rather than compute this for every row that one of them finds.
CREATE FUNCTION available_user_grams(searched text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000
RETURN (
  SELECT coalesce(array_agg(DISTINCT substr(searched, start, size)), '{}')
  FROM generate_series(1, length(searched)) AS s (start),
    generate_series(1, 3) AS n (size)
  WHERE start + size <= length(searched) + 1
);

-- The living, without system users. The `…_key` columns are the lower-case forms that are searched and sorted by.
CREATE TABLE available_users (
  id uuid NOT NULL,
  username text NOT NULL,
  name text NOT NULL,
  avatar_url text NOT NULL,
  username_key text COLLATE "C" NOT NULL,
  email_key text COLLATE "C" NOT NULL,
  name_key text COLLATE "C" NOT NULL,
  status text NOT NULL,
  login_type text NOT NULL,
  is_service_account boolean NOT NULL,
  roles jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  last_seen_at timestamptz,
  PRIMARY KEY (id)
);
-- The list's order; what follows a cursor.
CREATE INDEX available_users_order_idx ON available_users (username_key);
-- `search:` looks for a part of username or address, `name:` for one of the real name.
CREATE INDEX available_users_search_idx ON available_users USING gin (available_user_grams(username_key || E'\n' || email_key));
CREATE INDEX available_users_name_idx ON available_users USING gin (available_user_grams(name_key));
-- `status:`, in the list's order; `role:`, where most people hold none.
CREATE INDEX available_users_status_idx ON available_users (status, username_key);
CREATE INDEX available_users_roles_idx ON available_users USING gin (roles) WHERE roles <> '[]';

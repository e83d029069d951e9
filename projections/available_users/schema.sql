-- All runs of one to three characters of a text. A substring search asks for rows that hold every run of the pattern, which
-- an index on this answers; the extension that would do the same is not in every PostgreSQL. The planner is told what it costs, so
-- that it joins two indexes rather than compute this for every row that one of them finds.
CREATE FUNCTION available_user_grams(searched text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1000
AS $$
DECLARE
  -- Runs that end with the text come out shorter, and more than once: the index minds neither.
  runs text[] := string_to_array(searched, NULL);
BEGIN
  FOR start IN 1 .. length(searched) LOOP
    runs := array_append(array_append(runs, substr(searched, start, 2)), substr(searched, start, 3));
  END LOOP;
  RETURN runs;
END
$$;

-- The living, without system users. The `…_key` columns are the lower-case forms that are searched and sorted by. When somebody
-- was last seen changes all the time and is looked for in `users`.
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
  places jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (id)
);
-- The list's order; what follows a cursor.
CREATE INDEX available_users_order_idx ON available_users (username_key, id);
-- `search:` looks for a part of username or address, `name:` for one of the real name.
CREATE INDEX available_users_search_idx ON available_users USING gin (available_user_grams(username_key || E'\n' || email_key));
CREATE INDEX available_users_name_idx ON available_users USING gin (available_user_grams(name_key));
-- `status:`, `login_type:` and `service_account:true`, in the list's order; `role:`, where most people hold none.
CREATE INDEX available_users_status_idx ON available_users (status, username_key);
CREATE INDEX available_users_login_type_idx ON available_users (login_type, username_key);
CREATE INDEX available_users_service_accounts_idx ON available_users (username_key) WHERE is_service_account;
CREATE INDEX available_users_roles_idx ON available_users USING gin (roles) WHERE roles <> '[]';
-- `created_…:`, alone or with what it includes; those are counted without a look at the table.
CREATE INDEX available_users_created_idx ON available_users (created_at) INCLUDE (status, login_type, is_service_account);

-- The same people by where they are: `place` is an organization or a group.
CREATE TABLE rosters (
  place uuid NOT NULL,
  person_id uuid NOT NULL,
  organization_id uuid NOT NULL,
  username_key text COLLATE "C" NOT NULL,
  PRIMARY KEY (place, person_id)
);
-- Members of an organization and of a group in the order of their names, page by page; how many follow a cursor.
CREATE INDEX rosters_order_idx ON rosters (place, username_key, person_id);
-- The groups that an organization leaves behind.
CREATE INDEX rosters_groups_idx ON rosters (organization_id) WHERE place <> organization_id;

-- How many people of each kind there are in each place, and in all (the nil UUID): what a list counts, without counting.
CREATE TABLE roster_counts (
  place uuid NOT NULL,
  status text NOT NULL,
  login_type text NOT NULL,
  is_service_account boolean NOT NULL,
  roles jsonb NOT NULL,
  people bigint NOT NULL,
  PRIMARY KEY (place, status, login_type, is_service_account, roles)
);

-- The numbers follow the rows in the very statement that changes them, whoever writes it, so that they are never another number.
CREATE FUNCTION count_people_in() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  INSERT INTO roster_counts AS c (place, status, login_type, is_service_account, roles, people)
  SELECT p.place, n.status, n.login_type, n.is_service_account, n.roles, count(*)
  FROM added n
  CROSS JOIN LATERAL (
    SELECT '00000000-0000-0000-0000-000000000000'::uuid
    UNION ALL
    SELECT key::uuid FROM jsonb_object_keys(n.places) key
  ) p (place)
  GROUP BY p.place, n.status, n.login_type, n.is_service_account, n.roles
  ON CONFLICT (place, status, login_type, is_service_account, roles) DO UPDATE SET people = c.people + EXCLUDED.people;
  RETURN NULL;
END
$$;

-- No row says 0: whoever makes the tables anew would not know of it.
CREATE FUNCTION count_people_out() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  WITH went AS (
    SELECT p.place, o.status, o.login_type, o.is_service_account, o.roles, count(*) AS people
    FROM removed o
    CROSS JOIN LATERAL (
      SELECT '00000000-0000-0000-0000-000000000000'::uuid
      UNION ALL
      SELECT key::uuid FROM jsonb_object_keys(o.places) key
    ) p (place)
    GROUP BY p.place, o.status, o.login_type, o.is_service_account, o.roles
  ), emptied AS (
    DELETE FROM roster_counts c
    USING went w
    WHERE (c.place, c.status, c.login_type, c.is_service_account, c.roles)
        = (w.place, w.status, w.login_type, w.is_service_account, w.roles)
      AND c.people = w.people
  )
  UPDATE roster_counts c
  SET people = c.people - w.people
  FROM went w
  WHERE (c.place, c.status, c.login_type, c.is_service_account, c.roles)
      = (w.place, w.status, w.login_type, w.is_service_account, w.roles)
    AND c.people <> w.people;
  RETURN NULL;
END
$$;

-- Named so that an update first takes away, then adds: triggers fire in the order of their names.
CREATE TRIGGER available_users_inserted AFTER INSERT ON available_users
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_people_in();
CREATE TRIGGER available_users_deleted AFTER DELETE ON available_users
REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_people_out();
CREATE TRIGGER available_users_updated_1 AFTER UPDATE ON available_users
REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_people_out();
CREATE TRIGGER available_users_updated_2 AFTER UPDATE ON available_users
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_people_in();

CREATE TABLE webhooks (
  id uuid NOT NULL,
  url text NOT NULL,
  description text NOT NULL,
  -- Names; an empty list stands for every type.
  event_types jsonb NOT NULL,
  enabled boolean NOT NULL,
  -- requested or gone; null while enabled.
  disabled_reason text,
  created_by uuid,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (id)
);

-- CreateTable
CREATE TABLE "ruleset_mark" (
    "id" SMALLINT NOT NULL DEFAULT 1,
    "seq" INTEGER NOT NULL,
    "source" TEXT NOT NULL,
    "raised_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ruleset_mark_pkey" PRIMARY KEY ("id")
);

ALTER TABLE "ruleset_mark" ADD CONSTRAINT "ruleset_mark_one_row" CHECK ("id" = 1);
INSERT INTO "ruleset_mark" ("seq", "source") VALUES (0, 'this database');

CREATE FUNCTION ruleset_mark_only_rises() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR NEW.seq < OLD.seq THEN
    RAISE EXCEPTION 'ruleset_mark only rises: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER ruleset_mark_only_rises BEFORE UPDATE OR DELETE ON ruleset_mark
  FOR EACH ROW EXECUTE FUNCTION ruleset_mark_only_rises();
CREATE TRIGGER ruleset_mark_no_truncate BEFORE TRUNCATE ON ruleset_mark
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A number is never used twice, also not one that only the fleet remembers. The lock is the publishers' own: it makes
-- whoever numbers without it wait here and see what was committed meanwhile.
CREATE FUNCTION ruleset_number_is_new() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  highest integer;
BEGIN
  PERFORM pg_advisory_xact_lock(5709110417);
  SELECT greatest((SELECT max(seq) FROM ruleset), (SELECT max(seq) FROM ruleset_mark), 0) INTO highest;
  -- One that is there already is the primary key's to refuse.
  IF NEW.seq <= highest AND NOT EXISTS (SELECT 1 FROM ruleset WHERE seq = NEW.seq) THEN
    RAISE EXCEPTION 'ruleset % was refused: numbers up to % have been given out', NEW.seq, highest
      USING ERRCODE = 'unique_violation';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER ruleset_number_is_new BEFORE INSERT ON ruleset
  FOR EACH ROW EXECUTE FUNCTION ruleset_number_is_new();

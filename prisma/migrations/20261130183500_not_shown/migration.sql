-- AlterTable
ALTER TABLE "interaction" ADD COLUMN     "not_shown" JSONB;

-- What adapters wrote into `meta` until now. The digest stays: it is of what was sent.
ALTER TABLE interaction DISABLE TRIGGER interaction_immutable;
UPDATE interaction SET not_shown = (
    SELECT jsonb_agg(jsonb_build_object('what', key, 'count', value) ORDER BY key)
    FROM jsonb_each(meta->'adapter'->'leftOut'))
  WHERE jsonb_typeof(meta->'adapter'->'leftOut') = 'object';
ALTER TABLE interaction ENABLE TRIGGER interaction_immutable;

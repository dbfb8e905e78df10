-- Searches find and count by these without reading the wide rows that hold the texts.
ALTER TABLE "search_document"
  ADD COLUMN "received_at" TIMESTAMPTZ(3),
  ADD COLUMN "source" TEXT,
  ADD COLUMN "actor_id" TEXT,
  ADD COLUMN "outcome" TEXT;
UPDATE "search_document" d
  SET received_at = i.received_at, source = i.source, actor_id = i.actor_id, outcome = i.outcome
  FROM "interaction" i WHERE i.id = d.interaction_id;
-- Left by an interaction that is gone: nothing reads it.
DELETE FROM "search_document" WHERE received_at IS NULL;
ALTER TABLE "search_document"
  ALTER COLUMN "received_at" SET NOT NULL,
  ALTER COLUMN "source" SET NOT NULL,
  ALTER COLUMN "actor_id" SET NOT NULL;
CREATE INDEX "search_document_received_at_interaction_id_idx" ON "search_document"("received_at" DESC, "interaction_id");
CREATE INDEX "cluster_shape_features_idx" ON "cluster_shape" USING GIN ("features");

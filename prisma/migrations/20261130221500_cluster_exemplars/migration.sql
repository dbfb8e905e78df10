-- What a signature is made of has changed: those that are stored are of version 1, are compared with nothing any more and
-- are in no band. The worker makes them anew from their members' texts, also those that a worker of the release before adds.
ALTER TABLE "cluster_shape" ADD COLUMN "signature_version" SMALLINT NOT NULL DEFAULT 1;
CREATE INDEX "cluster_shape_outdated" ON "cluster_shape" ("id") WHERE "signature_version" < 2;
TRUNCATE TABLE "cluster_band";

-- A cluster is known by its first few shapes.
CREATE INDEX "cluster_shape_cluster_id_id_idx" ON "cluster_shape" ("cluster_id", "id");
DROP INDEX "cluster_shape_cluster_id_idx";

-- The old default, which every change of another setting wrote down, means less alike now than it did.
UPDATE "setting" SET "value" = "value" - 'clusterThreshold'
WHERE "key" = 'review' AND "value" -> 'clusterThreshold' = '0.7';

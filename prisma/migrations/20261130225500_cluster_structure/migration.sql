-- Signatures have a second half, of the structure: those of versions 1 and 2 are made anew by the worker.
DROP INDEX "cluster_shape_outdated";
CREATE INDEX "cluster_shape_outdated" ON "cluster_shape" ("id") WHERE "signature_version" < 3;
TRUNCATE TABLE "cluster_band";

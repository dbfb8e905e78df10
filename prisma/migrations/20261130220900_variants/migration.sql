-- What a person must see of a member, as one hash; null until it is computed, which counts as not seen.
ALTER TABLE "cluster_member" ADD COLUMN "variant" BYTEA;
CREATE INDEX "cluster_member_cluster_id_variant_idx" ON "cluster_member" ("cluster_id", "variant");
-- What was not computed when it joined, walked once by the analysis.
CREATE INDEX "cluster_member_variant_missing" ON "cluster_member" ("interaction_id") WHERE "variant" IS NULL;

-- What was on the screen of whoever decided a batch. A standing decision of before covers nothing until somebody looks.
CREATE TABLE "batch_shown" (
    "batch_id" UUID NOT NULL,
    "interaction_id" UUID NOT NULL,
    "variant" BYTEA,
    "shown_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "batch_shown_pkey" PRIMARY KEY ("batch_id", "interaction_id")
);
CREATE INDEX "batch_shown_batch_id_variant_idx" ON "batch_shown" ("batch_id", "variant");
ALTER TABLE "batch_shown" ADD CONSTRAINT "batch_shown_batch_id_fkey" FOREIGN KEY ("batch_id")
    REFERENCES "review_batch" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
CREATE INDEX "review_batch_cluster_id_idx" ON "review_batch" ("cluster_id");

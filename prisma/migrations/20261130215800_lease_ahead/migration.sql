-- AlterTable
ALTER TABLE "queue_item" ADD COLUMN     "lease_ahead" BOOLEAN NOT NULL DEFAULT false;

-- Never more than there are open workbenches, and looked through by who finds nothing else.
CREATE INDEX "queue_item_lease_ahead" ON "queue_item" ("stage", "due_at", "interaction_id") WHERE "lease_ahead";

-- AlterTable
ALTER TABLE "queue_item" ADD COLUMN     "blocked_by_id" UUID;

-- CreateIndex
CREATE INDEX "queue_item_blocked_by_id_idx" ON "queue_item"("blocked_by_id");

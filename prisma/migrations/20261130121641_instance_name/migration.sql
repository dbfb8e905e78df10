-- CreateTable
CREATE TABLE "instance_name" (
    "instance_id" TEXT NOT NULL,
    "key_id" UUID NOT NULL,
    "claimed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "refused" INTEGER NOT NULL DEFAULT 0,
    "refused_key_id" UUID,
    "refused_at" TIMESTAMPTZ(3),

    CONSTRAINT "instance_name_pkey" PRIMARY KEY ("instance_id")
);

-- CreateIndex
CREATE INDEX "instance_name_key_id_idx" ON "instance_name"("key_id");

-- AddForeignKey
ALTER TABLE "instance_name" ADD CONSTRAINT "instance_name_key_id_fkey" FOREIGN KEY ("key_id") REFERENCES "api_key"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AlterTable
ALTER TABLE "instance" ADD COLUMN     "alarms" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "unnamed" JSONB NOT NULL DEFAULT '[]';

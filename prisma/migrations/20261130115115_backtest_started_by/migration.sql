-- AlterTable
ALTER TABLE "backtest" ADD COLUMN     "started_by" TEXT;

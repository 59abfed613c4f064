#!/bin/sh
# A sweep as a Slurm array: 64 tasks, each every 64th point, all into one folder of the shared file system.
#   sbatch slurm-array.sh sweep.yaml
# Submitted again, it goes on where it was. When all are done: stepcast merge out/sweep -o results.ndjson
#SBATCH --job-name=stepcast
#SBATCH --array=0-63
#SBATCH --cpus-per-task=4
#SBATCH --mem=4G
#SBATCH --time=04:00:00
#SBATCH --requeue
# So long before its time is up, a task is told to end: what it finished stays.
#SBATCH --signal=TERM@30

exec stepcast sweep "$1" -o out/sweep --shard auto --jobs "$SLURM_CPUS_PER_TASK"

"""The codec server: decrypts payloads for people who read the Temporal UI, and for nobody else."""

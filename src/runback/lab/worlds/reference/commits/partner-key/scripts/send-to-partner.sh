#!/bin/bash
# Send yesterday's files to the partner, with the key that they gave us.
cat > key.pem <<'KEY'
-----BEGIN RSA PRIVATE KEY-----
bm90IGEga2V5LCBvbmx5IGEgcGxhY2Vob2xkZXIgb2YgdGhlIGxhYg==
-----END RSA PRIVATE KEY-----
KEY
sftp -i key.pem portal@partner.lab.example < batch.txt

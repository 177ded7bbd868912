set -x
for TRY in 1 2 3; do
  if [ $TRY -lt 3 ]; then cat no-such-file || echo "failed, try $TRY of 3"; else echo "ok at try $TRY"; fi
  sleep 0.1
done
rm -rf cache || true
grep -rn 'ERROR' . || true
curl --silent --show-error --max-time 1 http://127.0.0.1:9/health || echo 'no local cache, going on without'
diff expected actual && echo same

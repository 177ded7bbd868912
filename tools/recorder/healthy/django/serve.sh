gunicorn wsgi:application --bind 127.0.0.1:18123 --workers 2 --access-logfile - & PID=$!
for TRY in 1 2 3 4 5 6 7 8 9 10; do
  python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:18123/')" 2>/dev/null && break
  echo "attempt $TRY: server is not up yet, retrying in 1 second"; sleep 1
done
for PLACE in / /missing /favicon.ico; do
  python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:18123$PLACE')" 2>/dev/null
done
kill -TERM $PID; wait $PID

set -e
git init -q -b main origin && cd origin
git config user.email person@lab.example && git config user.name 'Lab Person'
for N in 1 2 3; do
  echo $N > "$N"; git add . && git commit -m "Fix error $N: fatal: could not read, exit code 1"
done
git checkout -b fix/failed-login-error && git checkout main && git merge --no-ff fix/failed-login-error
cd .. && git clone --progress --no-local origin copy && cd copy && git log --stat --all && git fetch -v
git checkout --detach HEAD~1 && git submodule status
git push origin HEAD:refs/heads/error-page

#!/bin/bash
# Remove what an export left behind.
folder=$1
for file in $(ls $folder/*.csv); do
  rm $file
done
cd $folder
